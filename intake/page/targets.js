// The targets that are no figures of a service but follow from the track or its preset.

/** Targets that are no figures of a service. */
export const RELATIVE = [
  { name: "preset", title: "Suggested", lufs: "By the sound", dbtp: "chosen below", note: "The loudness that the preset suggests, or the assistant chooses for this track." },
  { name: "natural", title: "As mixed", lufs: "Its own", dbtp: "peaks held", note: "The track keeps its loudness; only peaks over the ceiling are held." },
  { name: "reference", title: "Like the reference", lufs: "Its loudness", dbtp: "peaks held", note: "As loud as the reference below." },
];

//! Interleaved samples become one plane a channel, in blocks of a fixed size, so that the
//! kernels run over contiguous memory.

/// Sample frames of a full block.
pub(crate) const BLOCK_FRAMES: usize = 4_096;

/// Appends one channel of interleaved samples to a plane.
pub(crate) fn append_channel(
    samples: &[f32],
    channels: usize,
    channel: usize,
    plane: &mut Vec<f32>,
) {
    if channels == 2 {
        let (pairs, _) = samples.as_chunks::<2>();
        if channel == 0 {
            plane.extend(pairs.iter().map(|[left, _]| left));
        } else {
            plane.extend(pairs.iter().map(|[_, right]| right));
        }
    } else {
        plane.extend(samples.iter().skip(channel).step_by(channels.max(1)));
    }
}

/// One block of planes.
pub(crate) struct Planes {
    planes: Vec<Vec<f32>>,
}

impl Planes {
    pub(crate) fn new(channels: usize) -> Self {
        Self {
            planes: vec![Vec::with_capacity(BLOCK_FRAMES); channels],
        }
    }

    /// Takes as many frames as fit and returns the rest.
    pub(crate) fn fill<'a>(&mut self, samples: &'a [f32]) -> &'a [f32] {
        let channels = self.planes.len().max(1);
        let held = self.planes.first().map_or(0, Vec::len);
        let taken = ((BLOCK_FRAMES - held) * channels).min(samples.len());
        let (now, rest) = samples.split_at(taken);
        for (channel, plane) in self.planes.iter_mut().enumerate() {
            append_channel(now, channels, channel, plane);
        }
        rest
    }

    pub(crate) fn is_full(&self) -> bool {
        self.planes
            .first()
            .is_none_or(|plane| plane.len() >= BLOCK_FRAMES)
    }

    pub(crate) fn channels(&self) -> &[Vec<f32>] {
        &self.planes
    }

    pub(crate) fn clear(&mut self) {
        for plane in &mut self.planes {
            plane.clear();
        }
    }
}

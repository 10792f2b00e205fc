//! The fields that every wish for mastering has, whatever is to be mastered: written once, because
//! serde knows unknown fields only where none of them come by way of another struct.

/// A request's body: the fields of its own, then the shared ones.
macro_rules! wish {
    (
        $(#[$about:meta])*
        pub struct $name:ident {
            $($(#[$note:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$note])* pub $field: $type,)*
            /// The name of a target of `GET /v1/targets`, `natural`, `reference` or `preset`; or
            /// loudness and ceiling of one's own.
            pub target: $crate::masters::choice::Target,
            /// Highest true peak in dBTP, -9 to 0, in place of the target's; not beside figures of
            /// one's own, which have theirs.
            #[serde(default)]
            #[schema(minimum = -9, maximum = 0)]
            pub ceiling_dbtp: Option<f64>,
            /// Lower the ceiling as far as it takes to stay under full scale after lossy coding
            /// too, as far as that can be predicted.
            #[serde(default)]
            pub codec_safe: bool,
            /// A name of `GET /v1/presets`, or `assistant`, which chooses by what it finds in the
            /// sound; `transparent` when absent.
            #[serde(default)]
            pub preset: Option<String>,
            /// Amounts of the preset's stages, in place of its own; not with the assistant.
            #[serde(default)]
            pub amounts: $crate::masters::choice::Amounts,
            /// A track of the artist's whose tone to come close to: short for one of
            /// `references`.
            #[serde(default)]
            pub reference_track_id: Option<uuid::Uuid>,
            /// Tracks of the artist's whose tone to come close to.
            #[serde(default)]
            #[schema(min_items = 1, max_items = 8)]
            pub references: Option<Vec<$crate::masters::choice::WeightedReference>>,
            /// How far the references' tone is taken on.
            #[serde(default)]
            pub tone: $crate::masters::choice::Tone,
        }
    };
}
pub(crate) use wish;

/// The shared fields of a wish, for a request of another type to begin with.
macro_rules! shared {
    ($wish:expr => $type:ident { $($own:ident: $value:expr),* $(,)? }) => {
        $type {
            $($own: $value,)*
            target: $wish.target,
            ceiling_dbtp: $wish.ceiling_dbtp,
            codec_safe: $wish.codec_safe,
            preset: $wish.preset,
            amounts: $wish.amounts,
            reference_track_id: $wish.reference_track_id,
            references: $wish.references,
            tone: $wish.tone,
        }
    };
}
pub(crate) use shared;

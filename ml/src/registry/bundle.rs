//! A bundle: metadata and weights as one string of bytes, which its version is the checksum of.
//!
//! The bytes are a mark of eight, the length of the metadata as eight bytes with the lowest first,
//! the metadata as canonical JSON, and the ONNX file to the end.

use std::collections::BTreeMap;

use super::canonical::canonical;
use super::key::{Key, Version};
use super::metadata::{DataWindow, Golden, Metadata, Trainer};
use super::weights::Weights;
use crate::runtime::Runtime;
use crate::{MlError, Result};

/// Begins every bundle; its last letter is the version of this form.
const MARK: &[u8; 8] = b"MBMODEL1";
/// Most bytes of a bundle.
const MOST_BYTES: usize = 96 << 20;
/// Most bytes of its metadata.
const MOST_METADATA_BYTES: usize = 4 << 20;

/// What the caller says of a version that is made. All else is read off the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// Whose it is.
    pub tenant: String,
    /// The model, by its name among the tenant's.
    pub model: String,
    /// What it was trained on.
    pub data: DataWindow,
    /// What trained it.
    pub trainer: Trainer,
    /// How good it is on rows that it was not grown on, by the figure's name.
    pub metrics: BTreeMap<String, f64>,
    /// The version that is champion now.
    pub parent: Option<Version>,
}

/// One version of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// What is said of it.
    pub metadata: Metadata,
    /// The ONNX file.
    pub weights: Vec<u8>,
}

impl Bundle {
    /// Makes a version of an ONNX file: task and schema are the file's own, and the answers to the
    /// `golden` inputs are what it answers now.
    ///
    /// # Errors
    ///
    /// What is wrong with the file; [`MlError::Data`] without a golden input, and for one whose
    /// answer is not finite.
    pub fn make(
        about: About,
        weights: Vec<u8>,
        golden: Vec<Vec<Option<f64>>>,
        runtime: &Runtime,
    ) -> Result<Self> {
        let opened = Weights::open(&weights, runtime)?;
        if golden.is_empty() {
            return Err(MlError::Data("there is no golden row".to_owned()));
        }
        let golden: Result<Vec<_>> = golden
            .into_iter()
            .map(|input| {
                let output = opened.answer(&input)?;
                if output.iter().any(|value| !value.is_finite()) {
                    let words = "the answer to a golden row is not finite";
                    return Err(MlError::Data(words.to_owned()));
                }
                Ok(Golden { input, output })
            })
            .collect();
        Ok(Self {
            metadata: Metadata {
                tenant: about.tenant,
                model: about.model,
                task: opened.task(),
                schema: opened.schema(),
                data: about.data,
                trainer: about.trainer,
                metrics: about.metrics,
                parent: about.parent,
                golden: golden?,
            },
            weights,
        })
    }

    /// Its bytes: the same bundle, the same bytes.
    ///
    /// # Errors
    ///
    /// [`MlError::ModelTooLarge`] beyond what is read back.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let metadata = canonical(&self.metadata)?;
        let length = metadata.len();
        let whole = MARK.len() + 8 + length + self.weights.len();
        if length > MOST_METADATA_BYTES || whole > MOST_BYTES {
            return Err(too_large(whole));
        }
        let mut bytes = Vec::with_capacity(whole);
        bytes.extend_from_slice(MARK);
        bytes.extend_from_slice(&(length as u64).to_le_bytes());
        bytes.extend_from_slice(metadata.as_bytes());
        bytes.extend_from_slice(&self.weights);
        Ok(bytes)
    }

    /// Reads the bytes of a version. The version says what each of them must be.
    ///
    /// # Errors
    ///
    /// [`MlError::ModelDamaged`] when one byte is not; [`MlError::ModelTooLarge`].
    pub fn decode(bytes: &[u8], version: Version) -> Result<Self> {
        if bytes.len() > MOST_BYTES {
            return Err(too_large(bytes.len()));
        }
        if Version::of(bytes) != version {
            return Err(damaged("its checksum is not its version"));
        }
        let rest = bytes
            .strip_prefix(MARK)
            .ok_or_else(|| damaged("it does not begin like one"))?;
        let (length, rest) = rest
            .split_first_chunk()
            .ok_or_else(|| damaged("it ends early"))?;
        let (metadata, weights) = usize::try_from(u64::from_le_bytes(*length))
            .ok()
            .filter(|length| *length <= MOST_METADATA_BYTES)
            .and_then(|length| rest.split_at_checked(length))
            .ok_or_else(|| damaged("its metadata have no such length"))?;
        let metadata: Metadata = serde_json::from_slice(metadata)
            .map_err(|error| damaged(&format!("its metadata can't be read: {error}")))?;
        Ok(Self {
            metadata,
            weights: weights.to_vec(),
        })
    }

    /// What names the version that `bytes`, its own, are.
    pub fn key(&self, bytes: &[u8]) -> Key {
        let Metadata { tenant, model, .. } = &self.metadata;
        Key::new(tenant.as_str(), model.as_str(), Version::of(bytes))
    }
}

fn too_large(bytes: usize) -> MlError {
    MlError::ModelTooLarge(format!("its bundle has {bytes} bytes"))
}

fn damaged(what: &str) -> MlError {
    MlError::ModelDamaged(what.to_owned())
}

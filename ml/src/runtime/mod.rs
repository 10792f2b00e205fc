//! Runs model files: through tract, which is compiled in, or through ONNX Runtime, a library that is
//! opened by its path. One process uses one of the two, chosen once.

mod probe;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ort::environment::Environment;
use ort::session::{Session, SessionInputValue};
use ort::value::Tensor;

use crate::onnx::{Dim, Limits, Model, read, read_any, read_foreign};
use crate::{MlError, Result};

pub use probe::{Bounds, Tried, probe};

/// What runs the models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// tract, which needs nothing installed.
    Tract,
    /// ONNX Runtime 1.24 or later, from the library at this path.
    Native(PathBuf),
}

/// The backend of this process and its environment, once there are any. The environment is kept:
/// sessions only borrow it, and a process makes one.
static CHOSEN: Mutex<Option<(Backend, Environment)>> = Mutex::new(None);

/// The runtime of this process.
#[derive(Clone)]
pub struct Runtime {
    environment: Environment,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

impl Runtime {
    /// Opens the runtime: tract without a library, else ONNX Runtime from it. Refused when this
    /// process runs on the other one already, or when the library can't be opened.
    pub fn open(library: Option<&Path>) -> Result<Self> {
        let wanted = library.map_or(Backend::Tract, |path| Backend::Native(path.to_owned()));
        let mut chosen = CHOSEN
            .lock()
            .map_err(|_| unavailable("an earlier start failed"))?;
        let environment = match &*chosen {
            Some((open, environment)) if *open == wanted => environment.clone(),
            Some(_) => return Err(unavailable("this process runs on the other one already")),
            None => {
                let environment = start(&wanted)?;
                *chosen = Some((wanted, environment.clone()));
                environment
            }
        };
        Ok(Self { environment })
    }

    /// Loads a file that this crate wrote. It is checked to the last byte before the runtime sees
    /// it.
    pub fn load(&self, bytes: &[u8], limits: &Limits) -> Result<Loaded> {
        self.open_session(read(bytes, limits)?, bytes)
    }

    /// Loads a file that anyone may have written and runs rows of it, whatever operators it has.
    /// Some graphs end the process: only for one that may end, as [`probe`] starts it.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the file; [`MlError::Run`] for answers that are not finite.
    pub fn try_foreign(&self, bytes: &[u8], limits: &Limits) -> Result<Tried> {
        let mut loaded = self.open_session(read_any(bytes, limits)?, bytes)?;
        for rows in ROWS_TRIED {
            let fed: Vec<Vec<f32>> = loaded
                .inputs
                .iter()
                .map(|(_, sizes)| numbers(rows * sizes.iter().product::<usize>()))
                .collect();
            let fed: Vec<&[f32]> = fed.iter().map(Vec::as_slice).collect();
            let found = loaded.run(rows, &fed)?;
            if found.iter().flatten().any(|value| !value.is_finite()) {
                return Err(MlError::Run("an answer is not finite".to_owned()));
            }
        }
        Ok(Tried::of(bytes))
    }

    /// Loads a file that another process tried and lived through. It must be the very same file, and
    /// only have operators that are run here.
    ///
    /// # Errors
    ///
    /// [`MlError::ModelDamaged`] for other bytes than those tried; whatever is wrong with the file.
    pub fn load_tried(&self, bytes: &[u8], tried: &Tried, limits: &Limits) -> Result<Loaded> {
        if Tried::of(bytes) != *tried {
            return Err(MlError::ModelDamaged(
                "it is not the file that was tried".to_owned(),
            ));
        }
        self.open_session(read_foreign(bytes, limits)?, bytes)
    }

    fn open_session(&self, mut model: Model, bytes: &[u8]) -> Result<Loaded> {
        let inputs: Result<Vec<_>> = model
            .inputs
            .iter()
            .map(|port| Ok((port.name.clone(), sizes(&port.shape)?)))
            .collect();
        let failed = |error: ort::Error| MlError::Run(error.to_string());
        let mut builder = Session::builder(&self.environment)
            .map_err(failed)?
            .with_intra_threads(1)
            .map_err(|error| MlError::Run(error.to_string()))?;
        let session = builder.commit_from_memory(bytes).map_err(failed)?;
        let outputs = model.outputs.iter().map(|port| port.name.clone()).collect();
        model.tensors = Vec::new();
        model.nodes = Vec::new();
        Ok(Loaded {
            inputs: inputs?,
            outputs,
            model,
            session,
        })
    }
}

/// Rows of the runs with which a file is tried.
const ROWS_TRIED: [usize; 3] = [1, 2, 7];

/// Numbers of no meaning, between 0 and 1.
fn numbers(count: usize) -> Vec<f32> {
    (0..count)
        .map(|at| ((at * 37 + 11) % 101) as f32 / 101.0)
        .collect()
}

fn start(backend: &Backend) -> Result<Environment> {
    let builder = match backend {
        Backend::Tract => {
            if !ort::set_api(ort_tract::api()) {
                return Err(unavailable("it was set up by someone else"));
            }
            ort::init()
        }
        Backend::Native(path) => ort::init_from(path).map_err(unavailable)?,
    };
    // A library tells nobody how it is used.
    builder.with_telemetry(false).build().map_err(unavailable)
}

fn unavailable(why: impl std::fmt::Display) -> MlError {
    MlError::Runtime(why.to_string())
}

fn sizes(shape: &[Dim]) -> Result<Vec<usize>> {
    let rest = shape.iter().skip(1).map(|dim| match dim {
        Dim::Size(size) => usize::try_from(*size).ok(),
        Dim::Named(_) => None,
    });
    rest.collect::<Option<_>>()
        .ok_or_else(|| MlError::ModelUnsupported("a dimension has no size".to_owned()))
}

/// A model that is ready to run.
#[derive(Debug)]
pub struct Loaded {
    inputs: Vec<(String, Vec<usize>)>,
    outputs: Vec<String>,
    model: Model,
    session: Session,
}

impl Loaded {
    /// The model's name, ports and metadata; its nodes and constants are not kept.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Runs `rows` rows: one slice an input, in the file's order, row by row. Returns one vector an
    /// output.
    pub fn run(&mut self, rows: usize, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        if inputs.len() != self.inputs.len() {
            let count = self.inputs.len();
            return Err(MlError::Run(format!("it takes {count} inputs")));
        }
        let failed = |error: ort::Error| MlError::Run(error.to_string());
        let mut fed: Vec<(String, SessionInputValue<'_>)> = Vec::new();
        for ((name, sizes), values) in self.inputs.iter().zip(inputs) {
            if values.len() != rows * sizes.iter().product::<usize>() {
                return Err(MlError::Run(format!(
                    "{name} has not the numbers of {rows} rows"
                )));
            }
            let mut shape = vec![rows];
            shape.extend(sizes);
            let tensor = Tensor::from_array((shape, values.to_vec())).map_err(failed)?;
            fed.push((name.clone(), tensor.into()));
        }
        let found = self.session.run(fed).map_err(failed)?;
        let take = |name: &String| {
            let value = found
                .get(name.as_str())
                .ok_or_else(|| MlError::Run(format!("no output {name}")))?;
            let (_, values) = value.try_extract_tensor::<f32>().map_err(failed)?;
            Ok(values.to_vec())
        };
        self.outputs.iter().map(take).collect()
    }
}

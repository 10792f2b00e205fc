//! `probe-model`: tries a model file of others. The process may end of it: [`ml::runtime::probe`]
//! starts it for that.

use std::path::Path;
use std::process::ExitCode;

use ml::onnx::Limits;
use ml::runtime::Runtime;

use crate::answer::coded;
use crate::platform::settings;

/// Loads the file, runs rows of it, and prints the proof.
pub fn run(config: Option<&Path>, file: &Path) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    let tried = std::fs::read(file)
        .map_err(ml::MlError::from)
        .and_then(|bytes| {
            let runtime = Runtime::open(settings.ml.native_library())?;
            runtime.try_foreign(&bytes, &Limits::default())
        })
        .map_err(|error| coded(file, &error))?;
    say!("{}", serde_json::to_string(&tried)?);
    Ok(ExitCode::SUCCESS)
}

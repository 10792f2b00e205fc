//! `jobs cancel` and `jobs retry`.

use std::process::ExitCode;

use queue::{Cancel, JobId, Queue, Retried, Scope};

/// Stops a job.
pub async fn cancel(queue: &Queue, id: JobId) -> anyhow::Result<ExitCode> {
    let outcome = queue
        .cancel(Scope::Operator, id, "cancelled by an operator")
        .await?;
    match outcome {
        Cancel::NotFound => return Ok(super::no_such(id)),
        Cancel::Done => println!("{id} is cancelled."),
        Cancel::Requested => {
            println!("{id} runs; it was asked to stop and will within a second or so.");
        }
        Cancel::AlreadyFinished => {
            eprintln!("maxbooster: {id} had finished already");
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a dead or cancelled job again.
pub async fn retry(queue: &Queue, id: JobId) -> anyhow::Result<ExitCode> {
    match queue.retry(Scope::Operator, id).await? {
        Retried::NotFound => return Ok(super::no_such(id)),
        Retried::Done => println!("{id} will run again."),
        Retried::NotFailed => {
            eprintln!("maxbooster: {id} is neither dead nor cancelled");
            return Ok(ExitCode::FAILURE);
        }
        Retried::NeedsFailed => {
            eprintln!("maxbooster: {id} needs a job that failed; retry that one");
            return Ok(ExitCode::FAILURE);
        }
        Retried::Superseded => {
            eprintln!("maxbooster: another job has taken the place of {id} meanwhile");
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

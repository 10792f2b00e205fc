//! What a body reads of the jobs that its own needed.

use crate::{Context, Contract, Fault, Job, QueueError, Scope, State, store};

impl Context {
    /// The jobs that this one needed, in the order of their ids. Those whose failure it ignores
    /// may be dead or cancelled.
    pub async fn needed(&self) -> Result<Vec<Job>, QueueError> {
        let job = self.job();
        if job.flow_id.is_none() {
            return Ok(Vec::new());
        }
        // A flow belongs to one tenant; asking in that one's name makes sure.
        let scope = job.tenant_id.map_or(Scope::Operator, Scope::Tenant);
        let mut db = self.queue().pool().get().await?;
        Ok(store::needed(&mut db, scope, job.id).await?)
    }

    /// The output of the one job of `C`'s kind that this one needed. It is a permanent fault when
    /// there is none or more than one, or when it is not done.
    pub async fn output_of<C: Contract>(&self) -> Result<C::Output, Fault> {
        let fault = |message: String| Fault::permanent("needed_output_missing", message);
        let mut of_kind = self.needed().await?.into_iter();
        let mut of_kind = of_kind.by_ref().filter(|job| job.kind == C::KIND);
        let (Some(needed), None) = (of_kind.next(), of_kind.next()) else {
            let message = format!("it does not need exactly one job of the kind {}", C::KIND);
            return Err(fault(message));
        };
        if needed.state != State::Done {
            return Err(fault(format!("job {} is {}", needed.id, needed.state)));
        }
        serde_json::from_value(needed.output.unwrap_or_default())
            .map_err(|error| fault(format!("the output of {}: {error}", needed.id)))
    }
}

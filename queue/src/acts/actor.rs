//! Who acts, and what is within reach.

use db::{Db, DbError, Document, Time};
use serde_json::Value;
use uuid::Uuid;

use super::act::{ActId, Deed, Target};
use crate::finish::cut;
use crate::store::{self, ActRow};
use crate::{QueueError, Scope};

/// Longer names are cut to so many characters.
const NAME_LIMIT: usize = 200;

/// A person, or a program in a person's stead, who does something to jobs, queues, schedules,
/// flows or effects. What is outside its scope is as good as absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    name: String,
    scope: Scope,
}

impl Actor {
    /// An operator, who may act on everything. The name is what the acts will say; it is cut to
    /// 200 characters.
    pub fn operator(name: &str) -> Self {
        Self {
            name: cut(name).chars().take(NAME_LIMIT).collect(),
            scope: Scope::Operator,
        }
    }

    /// A tenant, who may act on its own things only.
    pub fn tenant(id: Uuid) -> Self {
        Self {
            name: id.to_string(),
            scope: Scope::Tenant(id),
        }
    }

    /// What the acts call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it may act on.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// What is everyone's is an operator's to act on.
    pub(crate) fn operates(&self) -> Result<(), QueueError> {
        match self.scope {
            Scope::Operator => Ok(()),
            Scope::Tenant(_) => Err(QueueError::OperatorsOnly),
        }
    }

    /// Writes an act down, in the transaction of its effect.
    pub(crate) async fn did(
        &self,
        db: &mut Db,
        deed: Deed,
        target: Target<'_>,
        details: Value,
        now: Time,
    ) -> Result<ActId, DbError> {
        let (target_kind, target) = target.words();
        let row = ActRow {
            id: ActId::new(),
            at: now,
            actor: self.name.clone(),
            tenant_id: match self.scope {
                Scope::Operator => None,
                Scope::Tenant(tenant) => Some(tenant.into()),
            },
            act: deed.as_str().to_owned(),
            target_kind: target_kind.to_owned(),
            target,
            details: Document(details),
        };
        store::insert_act(db, &row).await?;
        metrics::counter!("queue_acts_total", "act" => deed.as_str()).increment(1);
        Ok(row.id)
    }
}

/// Whoever acts in a scope without a name: a tenant is known by its id, an operator as `operator`.
impl From<Scope> for Actor {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Operator => Self::operator("operator"),
            Scope::Tenant(id) => Self::tenant(id),
        }
    }
}

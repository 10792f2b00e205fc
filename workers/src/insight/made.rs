//! A bundle that was made becomes a version: its bytes are put, and it is registered.

use ml::registry::{Bundle, load};
use models::registry::{self, Alias, VersionRow};
use queue::Context;
use storage::Key;

use super::judge::told;
use super::promotion;
use super::training::Asked;
use crate::ending::Ending;
use crate::environment::Environment;
use crate::studio::rows::unreadable;

/// Puts the bundle, and makes it a version.
pub async fn keep(
    environment: &Environment,
    context: &Context,
    of: Asked,
    bundle: Bundle,
) -> Result<(String, Option<Alias>), Ending> {
    let object_key = registry::object_key(of.artist);
    let metadata = told(&bundle.metadata).map_err(unreadable)?;
    let (model, parent) = (bundle.metadata.model.clone(), bundle.metadata.parent);
    let runtime = environment.insight.models.runtime().clone();
    let bytes = tokio::task::spawn_blocking(move || {
        let bytes = bundle.encode()?;
        // What would not serve is not kept.
        load(&bytes, &bundle.key(&bytes), &runtime).map(|_| bytes)
    });
    let bytes = bytes.await.map_err(Ending::died)??;
    let row = VersionRow {
        artist_id: of.artist,
        model,
        version: ml::registry::Version::of(&bytes).to_string(),
        parent: parent.map(|parent| parent.to_string()),
        task: of.task,
        metadata: db::Document(metadata),
        size_bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        object_key: object_key.clone(),
        job_id: context.job().id.uuid().into(),
        created_at: environment.queue.now(),
    };
    let key = Key::new(object_key)?;
    environment.storage.put_bytes(&key, bytes.into()).await?;
    promotion::register(environment, context, of.training, row).await
}

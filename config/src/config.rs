//! All settings together, and how the layers become one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::error::ConfigError;
use crate::layer::{Leaf, Leaves, flatten, nest, read_secret_files, wrong_type};
use crate::secret::{MASK, Secret};
use crate::section::{
    Broken, analytics::Analytics, data::Data, database::Database, limits::Limits, log::Log, ml::Ml,
    queue::Queue, redis::Redis, server::Server, storage::Storage, target_file::TargetFile,
    workers::Workers,
};
use crate::sources::Sources;
use crate::targets::Targets;
use crate::{DEFAULT_TOML, env, file};

/// Every setting in force. Values are checked: a `Config` that exists can be used.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Config {
    /// The HTTP server.
    pub server: Server,
    /// The folder on this machine's disk.
    pub data: Data,
    /// The database.
    pub database: Database,
    /// Object storage.
    pub storage: Storage,
    /// The durable queue.
    pub queue: Queue,
    /// Redis, when there is one.
    pub redis: Redis,
    /// What the intake accepts.
    pub limits: Limits,
    /// How many jobs run at the same time.
    pub workers: Workers,
    /// Where more mastering targets are; [`Config::mastering_targets`] has them read.
    pub targets: TargetFile,
    /// When analytics are computed anew.
    pub analytics: Analytics,
    /// What runs model files.
    pub ml: Ml,
    /// The log.
    pub log: Log,
    #[serde(skip)]
    leaves: Leaves,
    #[serde(skip)]
    mastering_targets: Targets,
}

impl Config {
    /// Lays the layers over each other and checks every key, type and range, and the targets.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut leaves = flatten(file::parse(DEFAULT_TOML, "default.toml")?, "default");
        let secrets = secret_keys(&leaves)?;
        let examples = examples(&leaves, &secrets);
        if let Some(path) = sources.chosen_file() {
            let known = examples.keys().cloned().collect();
            let mut layer = file::read(&path, &known)?;
            read_secret_files(&mut layer, &secrets, sources)?;
            leaves.extend(layer);
        }
        let mut layer = env::read(&sources.env, &examples)?;
        read_secret_files(&mut layer, &secrets, sources)?;
        leaves.extend(layer);
        for (key, leaf) in &leaves {
            check_type(key, leaf, &examples)?;
        }
        let mut config = build(&leaves)?;
        if let Some(broken) = config.validate().next() {
            return Err(out_of_range(broken.key.into_owned(), broken.rule, &leaves));
        }
        let own = Some(&config.targets.file).filter(|path| !path.as_os_str().is_empty());
        config.mastering_targets = Targets::load(own.map(|path| sources.resolve(path)).as_deref())?;
        config.leaves = leaves;
        Ok(config)
    }

    /// The mastering targets: the built-in ones, extended by `targets.file`.
    pub fn mastering_targets(&self) -> &Targets {
        &self.mastering_targets
    }

    /// The database's address: what was set, or the embedded file under `data.dir`.
    pub fn database_url(&self) -> Secret {
        if self.database.url.is_empty() {
            Secret::new(format!(
                "sqlite:{}",
                self.data.dir.join("maxbooster.db").display()
            ))
        } else {
            self.database.url.clone()
        }
    }

    /// The folder of local objects, when objects are kept locally.
    pub fn objects_dir(&self) -> Option<PathBuf> {
        match self.storage.url.strip_prefix("file://") {
            Some(folder) => Some(Path::new(folder).to_owned()),
            None if self.storage.url.is_empty() => Some(self.data.dir.join("objects")),
            None => None,
        }
    }

    /// Every leaf in force with its place, by dotted key.
    pub(crate) fn leaves(&self) -> &Leaves {
        &self.leaves
    }

    /// Every rule that some section breaks.
    fn validate(&self) -> impl Iterator<Item = Broken> {
        [
            self.server.validate(),
            self.data.validate(),
            self.database.validate(),
            self.storage.validate(),
            self.queue.validate(),
            self.redis.validate(),
            self.limits.validate(),
            self.workers.validate(),
            self.analytics.validate(),
            self.ml.validate(),
            self.log.validate(),
        ]
        .into_iter()
        .filter_map(Result::err)
    }
}

/// The keys whose type is [`Secret`]: found from the types themselves, so that no list can
/// forget one.
pub(crate) fn secret_keys(defaults: &Leaves) -> Result<BTreeSet<String>, ConfigError> {
    let masked = Table::try_from(build(defaults)?).map_err(|error| ConfigError::Syntax {
        place: "default.toml".to_owned(),
        line: 0,
        message: error.to_string(),
    })?;
    let mask = Value::String(MASK.to_owned());
    let leaves = flatten(masked, "default").into_iter();
    Ok(leaves
        .filter(|(_, leaf)| leaf.value == mask)
        .map(|(key, _)| key)
        .collect())
}

/// Every key that may be given, with a value of its type: the defaults, and `<secret>_file`.
fn examples(defaults: &Leaves, secrets: &BTreeSet<String>) -> BTreeMap<String, Value> {
    let files = secrets
        .iter()
        .map(|key| (format!("{key}_file"), Value::String(String::new())));
    let plain = defaults
        .iter()
        .map(|(key, leaf)| (key.clone(), leaf.value.clone()));
    plain.chain(files).collect()
}

/// A leaf must have its default's type; whole numbers here are counts, so never negative.
fn check_type(
    key: &str,
    leaf: &Leaf,
    examples: &BTreeMap<String, Value>,
) -> Result<(), ConfigError> {
    let rule = match (examples.get(key), &leaf.value) {
        (Some(Value::Integer(_)), Value::Integer(0..=0xffff_ffff_ffff)) => return Ok(()),
        (Some(Value::Integer(_)), Value::Integer(_)) => {
            return Err(ConfigError::OutOfRange {
                key: key.to_owned(),
                rule: "must be from 0 to 2^48".to_owned(),
                place: leaf.place.clone(),
            });
        }
        (Some(example), value) if example.same_type(value) => return Ok(()),
        (Some(example), _) => crate::layer::type_name(example),
        (None, _) => "absent",
    };
    Err(wrong_type(key, rule, leaf))
}

/// The typed settings of a set of leaves.
fn build(leaves: &Leaves) -> Result<Config, ConfigError> {
    // Deserialising section by section would not name the key; the whole table does.
    nest(leaves).try_into().map_err(|error: toml::de::Error| {
        let text = error.to_string();
        let key = text
            .rsplit_once("in `")
            .and_then(|(_, rest)| rest.split_once('`'));
        let key = key.map_or("", |(key, _)| key).to_owned();
        out_of_range(key, error.message().to_owned(), leaves)
    })
}

/// A broken rule together with the place that gave the value.
fn out_of_range(key: String, rule: String, leaves: &Leaves) -> ConfigError {
    let place = leaves
        .get(&key)
        .map_or("default", |leaf| leaf.place.as_str())
        .to_owned();
    ConfigError::OutOfRange { key, rule, place }
}

//! Bundles: what they are, and that none serves that is not whole, the tenant's, and as it was.

use std::collections::BTreeMap;

use super::super::{Bundle, CacheLimits, Key, Models, Version, load};
use super::made::{about, answer, bundle, churn, churn_rows, forecaster, runtime};
use crate::forecast::Series;
use crate::random::Random;
use crate::{MlError, Result};

const LIMITS: CacheLimits = CacheLimits {
    bytes: 64 << 20,
    tenant_bytes: 16 << 20,
};

fn refused(bytes: &[u8], key: &Key) -> &'static str {
    load(bytes, key, &runtime()).unwrap_err().code()
}

/// A bundle's bytes with the key that they would have, whatever was done to them.
fn sealed(bundle: &Bundle) -> (Vec<u8>, Key) {
    let bytes = bundle.encode().unwrap();
    let key = bundle.key(&bytes);
    (bytes, key)
}

#[test]
fn the_same_weights_of_two_tenants_are_two_versions() {
    let weights = churn(1);
    let (bytes, key) = sealed(&bundle("one", &weights));
    assert_eq!(
        sealed(&bundle("one", &weights)),
        (bytes.clone(), key.clone())
    );
    let (_, other) = sealed(&bundle("other", &weights));
    assert_ne!(key.version, other.version);
    let decoded = Bundle::decode(&bytes, key.version).unwrap();
    assert_eq!(decoded, bundle("one", &weights));
    assert_eq!(decoded.metadata.schema.len(), 2);

    let served = load(&bytes, &key, &runtime()).unwrap();
    let row = [30.0, 1.0];
    let found = served.churn().unwrap().probability(&row);
    assert!((found - answer(&weights, &row)).abs() < 1e-12);
    let forecast = served.forecast(&[Series::new("s", vec![1.0])]);
    assert_eq!(forecast.unwrap_err().code(), "model_mismatch");
}

#[test]
fn a_forecaster_is_a_version_like_any_other() {
    let weights = forecaster(3);
    let history: Vec<f64> = (0..80).map(|step| 40.0 + f64::from(step)).collect();
    let golden = vec![history.iter().copied().map(Some).collect()];
    let bundle = Bundle::make(about("one"), weights, golden, &runtime()).unwrap();
    let (bytes, key) = sealed(&bundle);
    let served = load(&bytes, &key, &runtime()).unwrap();
    let found = served.forecast(&[Series::new("s", history)]).unwrap();
    assert_eq!(found[0].mean, bundle.metadata.golden[0].output[..3]);
    assert_eq!(served.churn().unwrap_err().code(), "model_mismatch");
}

#[test]
fn each_step_of_a_load_refuses_with_its_own_code() {
    let (right, other) = (bundle("one", &churn(1)), bundle("one", &churn(2)));
    let (bytes, key) = sealed(&right);
    let (foreign, _) = sealed(&bundle("other", &churn(1)));
    let named = |version| Key::new("one", "fans", version);
    // The bytes of another version, whole as they are.
    assert_eq!(refused(&foreign, &key), "model_damaged");
    // Another tenant's version, asked for by its right name.
    assert_eq!(
        refused(&foreign, &named(Version::of(&foreign))),
        "model_wrong_tenant"
    );
    assert_eq!(
        refused(&bytes, &Key::new("one", "other", key.version)),
        "model_wrong_tenant"
    );
    // Metadata that don't fit the weights, under a checksum that fits both.
    let changed = |change: &dyn Fn(&mut Bundle)| {
        let mut bundle = right.clone();
        change(&mut bundle);
        let (bytes, key) = sealed(&bundle);
        refused(&bytes, &key)
    };
    let schema = changed(&|it| it.metadata.schema.swap(0, 1));
    assert_eq!(schema, "model_wrong_schema");
    let task = changed(&|it| it.metadata.task = super::super::Task::Forecast);
    assert_eq!(task, "model_wrong_schema");
    let weights = changed(&|it| it.weights.clone_from(&other.weights));
    assert_eq!(weights, "model_wrong_answers");
    let off = changed(&|it| it.metadata.golden[1].output[0] += 2e-5);
    assert_eq!(off, "model_wrong_answers");
    assert_eq!(
        changed(&|it| it.metadata.golden.clear()),
        "model_wrong_answers"
    );
    assert_eq!(
        changed(&|it| it.metadata.golden[0].input.push(None)),
        "model_wrong_answers"
    );
    let near = |it: &mut Bundle| it.metadata.golden[1].output[0] += 5e-6;
    let mut bundle = right.clone();
    near(&mut bundle);
    let (bytes, key) = sealed(&bundle);
    assert!(load(&bytes, &key, &runtime()).is_ok());
}

#[test]
fn what_is_made_must_be_able_to_serve() {
    let make = |golden| Bundle::make(about("one"), churn(1), golden, &runtime());
    assert_eq!(make(Vec::new()).unwrap_err().code(), "bad_data");
    assert_eq!(make(vec![vec![None]]).unwrap_err().code(), "bad_data");
    assert!(make(churn_rows()).is_ok());
    let damaged = Bundle::make(about("one"), vec![1; 90], churn_rows(), &runtime());
    assert_eq!(damaged.unwrap_err().code(), "model_damaged");
}

/// Damage of every kind to a version's bytes. With the name that they had, none passes the
/// checksum; with the name that they have now, none passes what comes behind it, unless what was
/// changed means nothing to an answer: a figure that is only told.
#[test]
fn a_thousand_damaged_bundles_never_serve() {
    let weights = churn(1);
    let (bytes, key) = sealed(&bundle("one", &weights));
    let models = Models::new(LIMITS, runtime());
    let mut random = Random::new(20_261_128);
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..1000 {
        let mut damaged = bytes.clone();
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => damaged[at] ^= 1 << random.below(8),
            1 => damaged.truncate(at),
            2 => damaged.insert(at, 0x7b),
            _ => {
                let end = (at + 1 + random.below(64)).min(bytes.len());
                damaged[at..end].fill(0);
            }
        }
        if damaged == bytes {
            continue;
        }
        let found: Result<_> = models.serve(&key, || Ok(damaged.clone()));
        *codes.entry(found.unwrap_err().code()).or_default() += 1;
        let named = Key::new("one", "fans", Version::of(&damaged));
        let found: Result<_> = models.serve(&named, || Ok(damaged.clone()));
        match found {
            Err(error) => *codes.entry(error.code()).or_default() += 1,
            Ok(served) => {
                let row = [30.0, 1.0];
                let found = served.churn().unwrap().probability(&row);
                assert!((found - answer(&weights, &row)).abs() < 1e-12);
                assert_eq!(&*served.key().tenant, "one");
            }
        }
    }
    println!("{codes:?}");
    assert!(codes["model_damaged"] > 1000, "{codes:?}");
    assert!(models.cache().held_of("other").values == 0);
    let found: Result<_> = models.serve(&key, || Ok(bytes.clone()));
    assert!(found.is_ok());
}

#[test]
fn a_version_is_loaded_once_and_kept() {
    let (bytes, key) = sealed(&bundle("one", &churn(1)));
    let models = Models::new(LIMITS, runtime());
    let first: Result<_> = models.serve(&key, || Ok(bytes));
    let again: Result<_> = models.serve(&key, || Err(MlError::Data("fetched again".to_owned())));
    assert!(std::sync::Arc::ptr_eq(&first.unwrap(), &again.unwrap()));
    models.cache().forget_model("one", "fans");
    let gone: Result<_> = models.serve(&key, || Err(MlError::Data("fetched again".to_owned())));
    assert_eq!(gone.unwrap_err().code(), "bad_data");
}

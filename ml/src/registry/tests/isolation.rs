//! Isolation, as a property: whatever thousands of tenants, tiny caches, threads, failing and
//! panicking loads, moving aliases and erasures do, no answer ever comes from another tenant's
//! weights or metadata.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use super::super::{Cache, CacheLimits, Key, Models, Version};
use super::made::{answer, bundle, churn, runtime};
use crate::random::Random;
use crate::{MlError, Result};

const SEED: u64 = 20_261_128;
const THREADS: u64 = 8;
const OPERATIONS: usize = 25_000;
const TENANTS: usize = 3000;

/// What a tenant's object storage would hold: the bytes are the same for many tenants, and only
/// `owner` says whose they are, as a bundle's metadata do.
#[derive(Debug, PartialEq, Eq)]
struct Weights {
    owner: Key,
    bytes: Vec<u8>,
    /// How many erasures of the tenant had begun when it was read.
    era: u64,
}

/// Everything that a thread does, one step at a time.
struct World {
    cache: Cache<Weights>,
    limits: CacheLimits,
    /// Erasures of each tenant that have begun, and those that are done.
    eras: Vec<[AtomicU64; 2]>,
    loads: AtomicUsize,
}

impl World {
    fn new() -> Self {
        // Room for about forty of the largest, so that nearly everything is evicted all the time.
        let limits = CacheLimits {
            bytes: 10_000,
            tenant_bytes: 600,
        };
        Self {
            cache: Cache::new(limits),
            limits,
            eras: (0..TENANTS).map(|_| Default::default()).collect(),
            loads: AtomicUsize::new(0),
        }
    }

    fn step(&self, random: &mut Random) {
        // Few tenants are asked for often, most of them seldom.
        let crowd = if random.unit() < 0.5 { 20 } else { TENANTS };
        let tenant = random.below(crowd);
        let name = tenant.to_string();
        // Of the six versions that there are, every tenant has every one: equal bytes throughout.
        let kind = u8::try_from(random.below(6)).unwrap();
        let model = ["fans", "buyers"][random.below(2)];
        match random.below(100) {
            0..90 => {
                let key = Key::new(name, model, Version::of(&[kind]));
                let bytes = vec![kind; 50 + usize::from(kind) * 40];
                self.ask(random, tenant, &key, bytes);
            }
            90..96 => self.cache.forget_model(&name, model),
            _ => {
                // The rows go first, then what is at hand.
                let [begun, done] = &self.eras[tenant];
                begun.fetch_add(1, Ordering::SeqCst);
                self.cache.forget_tenant(&name);
                done.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn ask(&self, random: &mut Random, tenant: usize, key: &Key, bytes: Vec<u8>) {
        let fate = random.below(100);
        let era_before = self.eras[tenant][1].load(Ordering::SeqCst);
        let got = catch_unwind(AssertUnwindSafe(|| {
            self.cache.get(key, || self.load(tenant, key, bytes, fate))
        }));
        let Ok(got) = got else {
            assert!(fate < 4, "somebody else's panic");
            return;
        };
        match got {
            Ok(weights) => {
                assert_eq!(weights.owner.tenant, key.tenant, "another's weights");
                assert_eq!(weights.owner, *key, "another model's weights");
                assert_eq!(Version::of(&weights.bytes[..1]), key.version, "other bytes");
                // What was read before an erasure never answers who asks after it.
                assert!(weights.era >= era_before, "it was erased");
            }
            Err(why) => assert!(
                why == "no such object" && fate < 12,
                "somebody else's failure"
            ),
        }
        assert!(self.cache.held().bytes <= self.limits.bytes);
        assert!(self.cache.held_of(&key.tenant).bytes <= self.limits.tenant_bytes);
    }

    fn load(
        &self,
        tenant: usize,
        key: &Key,
        bytes: Vec<u8>,
        fate: usize,
    ) -> std::result::Result<(Weights, usize), &'static str> {
        let era = self.eras[tenant][0].load(Ordering::SeqCst);
        self.loads.fetch_add(1, Ordering::Relaxed);
        // Others get their turn in the middle of a load.
        thread::yield_now();
        match fate {
            0..4 => std::panic::resume_unwind(Box::new("a loader that panics")),
            4..12 => Err("no such object"),
            _ => {
                let size = bytes.len();
                let owner = key.clone();
                Ok((Weights { owner, bytes, era }, size))
            }
        }
    }
}

#[test]
fn two_hundred_thousand_operations_never_give_one_tenant_what_is_anothers() {
    println!("seed {SEED}");
    let world = World::new();
    let start = Barrier::new(usize::try_from(THREADS).unwrap());
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (world, start) = (&world, &start);
            scope.spawn(move || {
                let mut random = Random::part(SEED, thread);
                start.wait();
                for _ in 0..OPERATIONS {
                    world.step(&mut random);
                }
            });
        }
    });
    let (held, loads) = (world.cache.held(), world.loads.load(Ordering::Relaxed));
    println!("{loads} loads, {held:?}");
    // Evictions were the rule, and hits happened too.
    let asked = usize::try_from(THREADS).unwrap() * OPERATIONS * 9 / 10;
    assert!(loads > asked / 4 && loads < asked, "{loads} of {asked}");
    for tenant in 0..TENANTS {
        world.cache.forget_tenant(&tenant.to_string());
    }
    assert_eq!(
        (world.cache.held().values, world.cache.held().bytes),
        (0, 0)
    );
}

#[test]
fn many_callers_of_one_version_load_it_once() {
    let cache: Cache<u64> = Cache::new(CacheLimits {
        bytes: 100,
        tenant_bytes: 100,
    });
    let loads = AtomicU64::new(0);
    let key = Key::new("one", "fans", Version::of(b"a"));
    let start = Barrier::new(16);
    let found: Vec<Arc<u64>> = thread::scope(|scope| {
        let callers: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let load = || {
                        let before = loads.fetch_add(1, Ordering::SeqCst);
                        Ok::<_, ()>((before, 10))
                    };
                    cache.get(&key, load).unwrap()
                })
            })
            .collect();
        callers.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    assert!(found.iter().all(|value| **value == 0));
}

/// A load that was under way when its tenant was erased answers who asked before, and nobody else.
#[test]
fn what_is_loaded_across_an_erasure_is_not_kept() {
    let cache: Cache<&str> = Cache::new(CacheLimits {
        bytes: 100,
        tenant_bytes: 100,
    });
    let key = Key::new("one", "fans", Version::of(b"a"));
    let before = cache.get(&key, || {
        cache.forget_tenant("one");
        Ok::<_, ()>(("before", 10))
    });
    assert_eq!(*before.unwrap(), "before");
    assert_eq!(cache.held_of("one").values, 0);
    assert_eq!(
        cache
            .get(&key, || Err::<(&str, usize), _>("gone"))
            .unwrap_err(),
        "gone"
    );
}

/// The same with real weights: two tenants' are equal to the byte, the others' differ, and an
/// answer tells whose it is.
#[test]
fn real_versions_of_many_tenants_answer_for_their_own_tenant_only() {
    const OWN: u64 = 12;
    let row = [25.0, 1.0];
    let mut versions = Vec::new();
    for tenant in 0..2 * OWN {
        // Tenants n and n + OWN trained on equal rows.
        let weights = churn(100 + tenant % OWN);
        let bundle = bundle(&format!("tenant {tenant}"), &weights);
        let bytes = bundle.encode().unwrap();
        versions.push((bundle.key(&bytes), bytes, answer(&weights, &row)));
    }
    let answers: std::collections::BTreeSet<u64> =
        versions.iter().map(|it| it.2.to_bits()).collect();
    assert!(answers.len() > 8, "the models are hardly different");
    let size = versions[0].1.len() * 3;
    let models = Models::new(
        CacheLimits {
            bytes: size * 4,
            tenant_bytes: size * 2,
        },
        runtime(),
    );
    thread::scope(|scope| {
        for thread in 0..4 {
            let (models, versions) = (&models, &versions);
            scope.spawn(move || {
                let mut random = Random::part(SEED, 1000 + thread);
                for _ in 0..500 {
                    let (key, bytes, expected) = &versions[random.below(versions.len())];
                    if random.below(10) == 0 {
                        models.cache().forget_tenant(&key.tenant);
                    }
                    // Storage that hands out somebody else's bytes now and then.
                    let astray = random.below(10) == 0;
                    let (_, other, _) = &versions[random.below(versions.len())];
                    let found: Result<_> = models.serve(key, || {
                        Ok(if astray { other.clone() } else { bytes.clone() })
                    });
                    match found {
                        Ok(served) => {
                            assert_eq!(served.metadata().tenant, *key.tenant);
                            let found = served.churn().unwrap().probability(&row);
                            assert_eq!(found.to_bits(), expected.to_bits());
                        }
                        Err(MlError::ModelDamaged(_)) => assert!(astray),
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
}

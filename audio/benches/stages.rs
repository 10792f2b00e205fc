//! How fast each stage runs, in samples a second: `cargo bench -p maxbooster-audio`.

use std::f64::consts::PI;
use std::hint::black_box;
use std::io::Cursor;
use std::time::Duration;

use audio::master::{Bits, Format};
use audio::parts::{PARTS, SAMPLE_RATE_HZ, file};
use audio::{Limits, Source, Unwatched, measure};
use criterion::{Criterion, Throughput};

const SECONDS: u32 = 20;

/// Something like music, interleaved: a chord that swells and fades, and a drum of noise in the
/// left and, later, in the right.
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
fn music() -> Vec<f32> {
    let rate = f64::from(SAMPLE_RATE_HZ);
    let mut seed = 1_u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed >> 8) / f64::from(1 << 23) - 1.0
    };
    (0..SECONDS * SAMPLE_RATE_HZ)
        .flat_map(|n| {
            let seconds = f64::from(n) / rate;
            let swell = 0.6 - 0.4 * (2.0 * PI * seconds / 7.0).cos();
            let chord: f64 = [55.0, 220.0, 277.2, 329.6, 2_637.0]
                .iter()
                .map(|hz| (2.0 * PI * hz * seconds).sin() * 0.12)
                .sum();
            let mut drum = |at: f64| {
                let since = (seconds + at) % 0.5;
                noise() * 0.7 * (-since * 30.0).exp()
            };
            [drum(0.0), drum(0.05)].map(|drum| (chord * swell + drum) as f32)
        })
        .collect()
}

fn decode(bytes: &[u8]) -> audio::Result<()> {
    let bytes = Cursor::new(bytes.to_vec());
    let mut source = Source::open(Box::new(bytes), None, &Limits::default())?;
    let mut block = Vec::new();
    while source.next_block(&mut block)?.is_some() {
        black_box(&block);
    }
    Ok(())
}

fn measured(bytes: &[u8]) -> audio::Result<()> {
    let bytes = Cursor::new(bytes.to_vec());
    let source = Source::open(Box::new(bytes), None, &Limits::default())?;
    black_box(measure(source, &mut Unwatched)?);
    Ok(())
}

fn main() -> audio::Result<()> {
    let music = music();
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();

    let mut group = criterion.benchmark_group("stages");
    group.throughput(Throughput::Elements(music.len() as u64));
    for (name, part) in PARTS {
        group.bench_function(name, |bencher| bencher.iter(|| part(&music)));
    }
    group.finish();

    let kinds = [
        (Format::Wav, Bits::B16),
        (Format::Wav, Bits::B24),
        (Format::Wav, Bits::F32),
        (Format::Flac, Bits::B16),
        (Format::Flac, Bits::B24),
    ];
    let mut group = criterion.benchmark_group("files");
    group.throughput(Throughput::Elements(music.len() as u64));
    for (format, bits) in kinds {
        let name = |what: &str| format!("{what} {} {}", format.as_str(), bits.as_str());
        group.bench_function(name("encode"), |bencher| {
            bencher.iter(|| file(&music, format, bits));
        });
        let bytes = file(&music, format, bits)?;
        group.bench_function(name("decode"), |bencher| bencher.iter(|| decode(&bytes)));
        if bits == Bits::B24 {
            group.bench_function(name("measure"), |bencher| bencher.iter(|| measured(&bytes)));
        }
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}

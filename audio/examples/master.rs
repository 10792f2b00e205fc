//! Masters one file: `master IN OUT LUFS CEILING [REFERENCE]`, prints the report.
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::allow_attributes
)]
use audio::*;
use std::fs::File;
use std::io::*;
struct Out(File);
impl Destination for Out {
    fn writer(&mut self) -> std::io::Result<Box<dyn WriteSeek + '_>> {
        self.0.set_len(0)?;
        self.0.seek(SeekFrom::Start(0))?;
        Ok(Box::new(BufWriter::with_capacity(1 << 18, &self.0)))
    }
    fn reader(&mut self) -> std::io::Result<Box<dyn ReadSeek>> {
        let mut f = self.0.try_clone()?;
        f.seek(SeekFrom::Start(0))?;
        Ok(Box::new(BufReader::with_capacity(1 << 16, f)))
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let open = |p: &str| {
        Source::open(
            Box::new(BufReader::new(File::open(p).unwrap())),
            None,
            &Limits::default(),
        )
        .unwrap()
    };
    if a[1] == "measure" {
        let (_, m) = measure(open(&a[2]), &mut Unwatched).unwrap();
        println!(
            "{:?} {:?} {:?}",
            m.integrated_lufs, m.lra_lu, m.true_peak_dbtp
        );
        return;
    }
    let refs: Vec<master::Reference> = a[5..]
        .iter()
        .map(|p| master::Reference {
            source: open(p),
            weight: 1.0,
        })
        .collect();
    let loudness = match a[3].as_str() {
        "ref" => master::Loudness::Reference,
        n => master::Loudness::Lufs(n.parse().unwrap()),
    };
    let settings = master::Settings {
        target: master::Target {
            name: "x".into(),
            loudness,
            ceiling_dbtp: a[4].parse().unwrap(),
        },
        tone: Default::default(),
        outputs: vec![master::OutputKind {
            format: master::Format::Wav,
            bits: master::Bits::B24,
        }],
        seed: 0,
    };
    let mut out = Out(File::options()
        .create(true)
        .read(true)
        .write(true)
        .open(&a[2])
        .unwrap());
    let dir = "/tmp";
    let r = master::master(
        open(&a[1]),
        refs,
        &settings,
        &mut || Ok(Box::new(tempfile::tempfile_in(dir)?)),
        &mut [&mut out],
        &mut Unwatched,
    )
    .unwrap();
    let mut v = serde_json::to_value(&r).unwrap();
    v.as_object_mut().unwrap().remove("waveform");
    let f = |m: &Measurement| {
        format!(
            "I {:.3} LRA {:.2} TP {:.3} PLR {:.1}",
            m.integrated_lufs.unwrap_or(0.),
            m.lra_lu.unwrap_or(0.),
            m.true_peak_dbtp.unwrap_or(0.),
            m.plr_db.unwrap_or(0.)
        )
    };
    println!(
        "{} -> {} gain {:.2} gr {:.2}/{:.2}/{:.0}% {}",
        f(&r.before),
        f(&r.after),
        r.gain_db,
        r.gain_reduction.max_db,
        r.gain_reduction.mean_db,
        r.gain_reduction.active_percent,
        r.stages
            .iter()
            .find(|s| s.stage == "limiter")
            .unwrap()
            .details
    );
    for n in &r.notes {
        println!("  {}: {}", n.code, n.message);
    }
}

//! Files of rows, compressed where their name ends in `.gz`.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::Result;

/// Opens a file for reading.
pub fn open(path: &Path) -> Result<Box<dyn Read>> {
    let bytes = BufReader::new(File::open(path)?);
    Ok(if compressed(path) {
        Box::new(BufReader::new(MultiGzDecoder::new(bytes)))
    } else {
        Box::new(bytes)
    })
}

/// Makes a file and fills it with what `fill` writes.
pub fn create(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut bytes = BufWriter::new(File::create(path)?);
    if compressed(path) {
        let mut packed = GzEncoder::new(bytes, Compression::default());
        fill(&mut packed)?;
        packed.finish()?.flush()?;
    } else {
        fill(&mut bytes)?;
        bytes.flush()?;
    }
    Ok(())
}

fn compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_compressed_or_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["rows.csv", "rows.csv.gz"] {
            let path = folder.path().join(name);
            create(&path, |file| Ok(file.write_all(b"a\n1\n")?)).unwrap();
            let mut text = String::new();
            open(&path).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "a\n1\n");
            let magic = std::fs::read(&path).unwrap().starts_with(&[0x1f, 0x8b]);
            assert_eq!(magic, compressed(&path));
        }
    }
}

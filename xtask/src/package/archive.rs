//! A zip of one program.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// How much time is spent on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// As small as it gets.
    Small,
    /// Soon done.
    Quick,
}

/// A zip with one file that may be run. When and where it is made does not show: the same file is
/// the same zip.
pub(super) fn zip(name: &str, content: &[u8], level: Level) -> Result<Vec<u8>, String> {
    let level = match level {
        Level::Small => 9,
        Level::Quick => 1,
    };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(level))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, options).map_err(|error| error.to_string())?;
    writer.write_all(content).map_err(|error| error.to_string())?;
    let written = writer.finish().map_err(|error| error.to_string())?;
    Ok(written.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_same_file_is_the_same_zip_and_comes_out_as_it_went_in() {
        let content: Vec<u8> = (0..100_000_u32).flat_map(|it| (it / 7).to_le_bytes()).collect();
        let one = zip("bootstrap", &content, Level::Small).unwrap();
        // The time in a zip counts in steps of two seconds.
        assert_eq!(zip("bootstrap", &content, Level::Small).unwrap(), one);
        assert!(one.len() < content.len());
        let mut archive = zip::ZipArchive::new(Cursor::new(one)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_index(0).unwrap();
        assert_eq!(file.name().unwrap(), "bootstrap");
        assert_eq!(file.unix_mode(), Some(0o100_755));
        assert_eq!(file.last_modified(), Some(DateTime::default()));
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, content);
    }
}

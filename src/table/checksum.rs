//! How a file is known again that was written earlier: by its size and a checksum.

use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::platform;

/// A file as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChecksum {
    pub size: u64,
    pub crc32: u32,
}

/// Size and checksum of a file as it is now.
pub fn checksum_of(path: &Path) -> io::Result<FileChecksum> {
    let mut file = platform::open_file(path)?;
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        hasher.update(&buffer[..length]);
        size += length as u64;
    }
    Ok(FileChecksum {
        size,
        crc32: hasher.finalize(),
    })
}

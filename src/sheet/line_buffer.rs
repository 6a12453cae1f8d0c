//! The part of a text that was read from its source and not yet taken.

use std::io::{self, Read};

/// Read at once.
pub(super) const BLOCK: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct LineBuffer<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> LineBuffer<R> {
    pub(super) fn new(source: R) -> LineBuffer<R> {
        LineBuffer {
            source,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
        }
    }

    pub(super) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    pub(super) fn take(&mut self, length: usize) {
        self.start += length;
    }

    /// Reads some more behind the rest; false at the end.
    pub(super) fn read_on(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        let length = self.source.read(&mut self.buffer[self.end..])?;
        self.end += length;
        Ok(length > 0)
    }
}

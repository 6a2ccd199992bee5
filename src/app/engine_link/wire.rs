//! Messages with large contents, put together outside WebAssembly memory: a shard or a network goes from the network
//! to the engine without being copied through the page. A byte sequence stands in a `postcard` message as its length
//! (a varint) and its bytes, so the head is encoded with an empty one, whose length 0 is the last byte, and the
//! contents are put in its place.

use js_sys::{ArrayBuffer, Uint8Array};

use crate::session::{Command, encode};

/// A message ready to be sent, kept on the JavaScript side. Sending sends a copy, so that it can be sent again to
/// an engine that starts later.
#[derive(Debug, Clone)]
pub struct Parcel(Uint8Array);

impl Parcel {
    /// An ordinary command; nothing if it cannot be encoded.
    pub fn command(command: &Command) -> Option<Self> {
        Some(Self(Uint8Array::from(encode(command).ok()?.as_slice())))
    }

    /// [`Command::Shard`].
    pub fn shard(file: &str, bytes: &Uint8Array) -> Option<Self> {
        Self::with_contents(&Command::Shard { file: file.into(), bytes: Vec::new() }, bytes)
    }

    /// [`Command::Model`].
    pub fn model(name: &str, bytes: &Uint8Array) -> Option<Self> {
        Self::with_contents(&Command::Model { name: name.into(), bytes: Vec::new() }, bytes)
    }

    /// [`Command::OwnNetwork`].
    pub fn own_network(place: usize, name: &str, bytes: &Uint8Array) -> Option<Self> {
        let name = name.into();
        Self::with_contents(&Command::OwnNetwork { place: place as u32, name, bytes: Vec::new() }, bytes)
    }

    /// [`Command::OwnFiles`].
    pub fn own_files(files: &[(String, Uint8Array)]) -> Option<Self> {
        let mut head = encode(&Command::OwnFiles(Vec::new())).ok()?;
        head.pop();
        push_varint(&mut head, files.len() as u32);
        let mut parts = vec![Uint8Array::from(head.as_slice())];
        for (name, bytes) in files {
            let mut head = Vec::new();
            push_varint(&mut head, name.len() as u32);
            head.extend_from_slice(name.as_bytes());
            push_varint(&mut head, bytes.length());
            parts.push(Uint8Array::from(head.as_slice()));
            parts.push(bytes.clone());
        }
        Some(Self(concatenate(&parts)))
    }

    /// A command whose last field is an empty byte sequence, with `bytes` in its place.
    fn with_contents(command: &Command, bytes: &Uint8Array) -> Option<Self> {
        let mut head = encode(command).ok()?;
        head.pop();
        push_varint(&mut head, bytes.length());
        Some(Self(concatenate(&[Uint8Array::from(head.as_slice()), bytes.clone()])))
    }

    /// A copy that can be given away.
    pub fn copy(&self) -> ArrayBuffer {
        self.0.slice(0, self.0.length()).buffer()
    }
}

/// All parts, one behind the other.
pub fn concatenate(parts: &[Uint8Array]) -> Uint8Array {
    let whole = Uint8Array::new_with_length(parts.iter().map(Uint8Array::length).sum());
    let mut at = 0;
    for part in parts {
        whole.set(part, at);
        at += part.length();
    }
    whole
}

/// A length as `postcard` writes it: seven bits a byte, lowest first, the highest bit set on all but the last.
fn push_varint(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

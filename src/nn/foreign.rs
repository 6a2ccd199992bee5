//! Networks in the files of other programs, told by how they begin, so that whoever brings one hears what to do.

use super::WeightsError;

/// First bytes of the fields that may follow the version in an ONNX file: its producer and that one's version, domain,
/// model version, words, graph, operator sets, properties (onnx.proto, `ModelProto`).
const ONNX_FIELDS: [u8; 8] = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72];

/// The program whose file this is, as the error that says what to do; `None` for what may be safetensors.
pub fn recognise(name: &str, bytes: &[u8]) -> Option<WeightsError> {
    // Eight bytes of length, then JSON.
    if bytes.get(8) == Some(&b'{') {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let called = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if bytes.starts_with(b"\x89HDF\r\n\x1a\n") || called(&[".h5", ".hdf5", ".keras"]) {
        return Some(WeightsError::Foreign("Keras"));
    }
    // Files of torch.save are zip archives, in earlier days bare pickles.
    let pickled = matches!(bytes, [0x80, 2..=5, ..]) || bytes.starts_with(b"PK\x03\x04");
    if pickled || called(&[".pt", ".pth"]) {
        return Some(WeightsError::Foreign("PyTorch"));
    }
    is_onnx(bytes, called(&[".onnx"])).then_some(WeightsError::Onnx)
}

/// A protobuf message that begins with a small version number and goes on with a field of a model. One that is called
/// so may begin with any of them: their order is free.
fn is_onnx(bytes: &[u8], called_so: bool) -> bool {
    let begins = matches!(bytes, [0x08, 1..=31, field, ..] if ONNX_FIELDS.contains(field));
    begins || (called_so && bytes.first().is_some_and(|field| *field == 0x08 || ONNX_FIELDS.contains(field)))
}

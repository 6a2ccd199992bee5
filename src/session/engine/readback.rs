//! The only place where tensors are read. Always asynchronous: a browser cannot wait for its GPU.

use burn::tensor::Tensor;

use super::EngineError;

/// All values of a tensor, row-major.
pub(super) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, EngineError> {
    let failed = |reason: String| EngineError::ReadBack(reason);
    let data = tensor.into_data_async().await.map_err(|e| failed(format!("{e:?}")))?;
    data.try_into_vec::<f32>().map_err(|e| failed(format!("{e:?}")))
}

/// Several tensors in one read: a round trip costs more than its bytes.
pub(super) async fn read_all(tensors: Vec<Tensor<2>>) -> Result<Vec<Vec<f32>>, EngineError> {
    let sizes: Vec<usize> = tensors.iter().map(|tensor| tensor.dims().iter().product()).collect();
    let flat = tensors.into_iter().zip(&sizes).map(|(tensor, &n)| tensor.reshape([1, n])).collect();
    let all = read(Tensor::cat(flat, 1)).await?;
    let mut rest = all.as_slice();
    let mut parts = Vec::with_capacity(sizes.len());
    for n in sizes {
        let (part, after) = rest.split_at_checked(n).unwrap_or((rest, &[]));
        parts.push(part.to_vec());
        rest = after;
    }
    Ok(parts)
}

//! Opens the device the user asked for.

use std::sync::OnceLock;
use std::time::Instant;

use super::{CliError, DeviceName};
use crate::session::DeviceKind;
use crate::session::engine::Engine;

/// An engine on `name`.
pub(super) async fn engine(name: DeviceName) -> Result<Engine, CliError> {
    match name {
        DeviceName::Cpu => {
            let device = burn::tensor::Device::flex();
            Ok(Engine::new(device, DeviceKind::Cpu, "CPU".into(), milliseconds))
        }
        DeviceName::Gpu => gpu().await,
    }
}

#[cfg(feature = "gpu")]
async fn gpu() -> Result<Engine, CliError> {
    let options = burn::tensor::Device::wgpu_options();
    let device = options.init_async().await.map_err(|e| CliError::Adapter(e.to_string()))?;
    Ok(Engine::new(device, DeviceKind::Gpu, "GPU".into(), milliseconds))
}

#[cfg(not(feature = "gpu"))]
async fn gpu() -> Result<Engine, CliError> {
    Err(CliError::NoGpu)
}

fn milliseconds() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}

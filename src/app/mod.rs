//! The page: shell, pages, controls, figures. It holds no tensors; numerics happen in the engine, and what the
//! engine says is kept in [`lab::Lab`], which every component reads.

pub mod controls;
pub mod engine_gate;
pub mod engine_link;
pub mod export;
pub mod figure;
pub mod lab;
pub mod math;
pub mod paced;
pub mod pages;
pub mod parts;
pub mod shell;
pub mod text;
pub mod url;

pub use lab::{Lab, use_lab};
pub use text::{tr, tr_with, wording, wording_with};

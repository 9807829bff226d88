//! The rooms that compute, as a crate of their own: they alone are optimised where one develops and tests, and everything
//! else compiles in a quarter of the time. To the other rooms they are `crate::tensor` and so on, as all rooms are.

#[cfg(test)]
mod data_rig;
pub mod face;
pub mod random;
pub mod tensor;

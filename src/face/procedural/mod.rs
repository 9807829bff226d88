//! A face drawn from numbers.

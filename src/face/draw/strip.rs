//! Pictures side by side.

use super::colours;
use crate::face::picture::Picture;

/// Pictures from left to right, `gap` white pixels apart, their upper edges aligned.
pub fn strip(pictures: &[Picture], gap: usize) -> Picture {
    let width: usize = pictures.iter().map(|p| p.width).sum::<usize>() + gap * pictures.len().saturating_sub(1);
    let height = pictures.iter().map(|p| p.height).max().unwrap_or(0);
    let mut out = Picture::filled(width, height, &[1.0; 3]);
    let mut left = 0;
    for picture in pictures.iter().map(colours) {
        if picture.width > 0 {
            for (y, line) in picture.data.chunks_exact(3 * picture.width).enumerate() {
                let start = 3 * (y * width + left);
                out.data[start..start + line.len()].copy_from_slice(line);
            }
        }
        left += picture.width + gap;
    }
    out
}

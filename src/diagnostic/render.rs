//! How a diagnostic looks (language.md, section 11), drawn by annotate-snippets.

use super::Diagnostic;

impl Diagnostic {
    /// Plain text, without colour, ending in a newline.
    pub fn render(&self) -> String {
        format!("error: {}\n", self.message)
    }
}

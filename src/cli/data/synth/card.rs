//! The data card, as Markdown.

use super::SynthArgs;
use super::person::{Made, Who};
use crate::components::dataset::synthetic_faces::FORMAT;
use crate::face::procedural::moment::VIEWS;
use crate::face::procedural::solid::PARTS;
use crate::face::procedural::studio::Lighting;
use crate::face::procedural::{EXPRESSIONS, IDENTITY};

const WHAT: &str = "Pictures of people who do not exist, made by a program from numbers, with all that is known of them. Nothing in it \
comes from a photo, a scan or a licensed model: the head, its ways to differ and to move, skin, hair and light are \
this program's own construction. Licence: that of `ablate` (MIT or Apache-2.0); no person is shown, so no consent is needed.";

const FILES: &str = "| file | what |\n|---|---|\n\
| `image/ID/NAME.png` | the picture, sRGB |\n\
| `complete/ID/NAME.png` | the whole face's texture map in the picture's light: the picture samples it and nothing else, so it is exact |\n\
| `incomplete/ID/NAME.png` | the same, transparent where the picture does not show it |\n\
| `mask/ID/NAME.png` | white where the map is missing |\n\
| `parts/ID/NAME.png` | what each pixel shows, by number |\n\
| `depth/ID/NAME.png` | 16 bits: 0 the ground, 32768 the plane through the head's middle, a step 0.01 mm, nearer is greater |\n\
| `landmarks/ID/NAME.pts` | 68 points in the iBUG order, as 300-W's files (centre of the first pixel: 1, 1) |\n\
| `albedo/ID.png` | the texture without light |\n\
| `manifest.csv` | a row a picture: split, identity, view, light, pose (degrees; yaw to the image's right, pitch down), occluders, share missing, expression, visible landmarks, digest |\n\
| `fingerprint.txt` | SHA-256 of the manifest, and so of every file |\n\
| `people/ID.json` | what a stopped command goes on from |\n";

const DIFFERS: &str = "Beside photos unwrapped by `ablate data unwrap` these maps differ so:\n\
- **Detail.** Skin has spots, pores, lines, moles and freckles drawn by noise; a photo has more of them, less even, and fine relief that \
catches light. These maps are sharper than an unwrapped photo of the same size and have no sensor noise, compression or blur.\n\
- **Light.** One lamp and an even room, soft shadows of the face on itself known for the mean head only; no shadows of hair, glasses and \
hands, no light that goes from skin to skin, no transparency of ears.\n\
- **Form.** The head is put together from smooth fields: noses and lips are simpler than people's, wrinkles do not fold, ears are alike, \
and old and heavy faces are rare. People differ by 36 numbers, far less than real ones.\n\
- **Hair** is a surface with painted strands: borders are hard, there are no loose hairs, beards are paint, and nine cuts are all there is.\n\
- **Exactness.** Unlike the truth of unwrapped photos (a fit, mirrored and blended), texture, pose, masks and landmarks have no error. \
A method that does well here may rely on that.\n";

/// The card of a folder.
pub fn text(args: &SynthArgs, people: &[Who], made: &[Made], fingerprint: &str) -> String {
    let count = |split: &str| people.iter().filter(|who| who.split == split).count();
    let names = |table: &[(&str, f32)]| {
        table.iter().map(|(name, _)| name.to_lowercase().replace('_', " ")).collect::<Vec<_>>().join(", ")
    };
    let rows = || made.iter().flat_map(|one| &one.rows);
    let all = rows().count().max(1) as f64;
    let hidden: f64 = rows().filter_map(|row| row.get(10)?.parse::<f64>().ok()).sum::<f64>() / all;
    let occluded = rows().filter(|row| row.get(9).is_some_and(|names| !names.is_empty())).count() as f64 / all;
    let parts: Vec<String> = PARTS.iter().enumerate().map(|(k, name)| format!("{k} {name}")).collect();
    let SynthArgs { identities, lights, size, occluders, seed, .. } = args;
    let command = format!(
        "ablate data synth --identities {identities} --lights {lights} --size {size} --occluders {occluders} --seed {seed} --out DIR"
    );
    let pictures = args.pictures();
    format!(
        "# Synthetic faces, version 1\n\n{WHAT}\n\n\
         - Format: `{FORMAT}`; seed {seed}; fingerprint `{fingerprint}`\n\
         - Made by: `{command}` (the same bytes for any number of threads, on the same kind of processor)\n\
         - Read by: `dataset/synthetic-faces` with `root = DIR`; the maps alone by `dataset/uv-pairs`\n\n\
         | split | people | pictures |\n|---|---|---|\n\
         | train | {} | {} |\n| validation | {} | {} |\n| test | {} | {} |\n\n\
         No person is in two splits. A person depends on the split, the number in it and the seed, so a larger benchmark holds a smaller one.\n\n\
         Every person is seen from {VIEWS} views (Multi-PIE's: yaw -90 to 90 in steps of 15, and two from above at -45 and 45), each \
         moved by up to 7.5 degrees, under {lights} of {} lights (the room's, 15 lamps around, 3 above), with an expression. \
         {:.0} % of the pictures have glasses, a mask or a hand before the face; hair hides what is under it on all. On average \
         {:.1} % of a map is missing.\n\n\
         People differ in: {}; and in pigments of the skin, roughness, age, freckles, moles, make-up, brows, beard, eyes, hair. \
         Faces move by: {}.\n\n## Files\n\n{FILES}\nParts: {}.\n\n## What differs from photos\n\n{DIFFERS}",
        count("train"),
        count("train") * pictures,
        count("validation"),
        count("validation") * pictures,
        count("test"),
        count("test") * pictures,
        Lighting::COUNT,
        100.0 * occluded,
        100.0 * hidden,
        names(IDENTITY),
        names(EXPRESSIONS),
        parts.join(", "),
    )
}

//! `data synth`.

mod card;
mod contact;
mod person;

use super::unwrap::{remove_parts, write_csv};
use super::{files, on_all_cores, wrong};
use crate::cli::End;
use crate::components::dataset::synthetic_faces::{COLUMNS, FINGERPRINT, FORMAT, MANIFEST};
use crate::face::procedural::moment::VIEWS;
use crate::face::procedural::studio::Studio;
use crate::record::write_atomic;
use crate::terminal::{Terminal, duration};
use clap::Args;
use person::{Made, Who};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::time::Instant;

#[derive(Args)]
pub struct SynthArgs {
    /// Folder of the results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// People: 80 % for training, 10 % each for validation and test
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(3..=1_000_000))]
    identities: u32,
    /// Lights of each of the 15 views, drawn from the 19
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=19))]
    lights: u32,
    /// Pixels along a side of the pictures, and texels of the maps
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(32..=1024))]
    size: u32,
    /// Share of the pictures with glasses, a mask or a hand before the face
    #[arg(long, default_value_t = 0.3, value_parser = share)]
    occluders: f64,
    /// Of everybody and everything; 0 is the benchmark
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads; all cores by default. Results do not depend on it
    #[arg(long)]
    pub threads: Option<usize>,
}

fn share(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|v: &f64| (0.0..=1.0).contains(v));
    found.ok_or_else(|| format!("`{text}` is no share from 0 to 1"))
}

impl SynthArgs {
    /// What the bytes of a picture depend on, beside who is on it.
    fn key(&self) -> String {
        let SynthArgs { lights, size, occluders, seed, .. } = self;
        format!("{FORMAT} size {size} lights {lights} occluders {occluders} seed {seed}")
    }

    /// Everybody, split by split. A person depends on the split, the number in it and the seed alone.
    fn people(&self) -> Vec<Who> {
        let all = self.identities as usize;
        let held = ((all as f64 * 0.1).round() as usize).max(1);
        let of = |split: &'static str, count: usize| (0..count).map(move |number| Who { split, number });
        of("train", all - 2 * held).chain(of("validation", held)).chain(of("test", held)).collect()
    }

    fn pictures(&self) -> usize {
        VIEWS * self.lights as usize
    }
}

pub fn synth(args: &SynthArgs, terminal: &mut Terminal) -> anyhow::Result<End> {
    let started = Instant::now();
    std::fs::create_dir_all(&args.out).map_err(|e| wrong(format!("cannot write to {}: {e}", args.out.display())))?;
    remove_parts(&args.out);
    // Until it is whole again it has no fingerprint.
    let fingerprint = args.out.join(FINGERPRINT);
    if fingerprint.exists() {
        std::fs::remove_file(&fingerprint)
            .map_err(|e| wrong(format!("cannot write to {}: {e}", args.out.display())))?;
    }
    let people = args.people();
    let studio = Studio::new(args.size as usize, (args.size as usize / 2 - 8).clamp(48, 256));
    let made = on_all_cores("drawing people", &people, terminal, |who| person::made(args, &studio, who));
    let made = made.into_iter().collect::<anyhow::Result<Vec<Made>>>()?;
    let drawn: Vec<&Made> = made.iter().filter(|one| one.seconds > 0.0).collect();

    let mut rows = vec![COLUMNS.map(String::from).to_vec()];
    rows.extend(made.iter().flat_map(|one| one.rows.iter().cloned()));
    let count = rows.len() - 1;
    write_csv(&args.out.join(MANIFEST), rows)?;
    let manifest = std::fs::read(args.out.join(MANIFEST))?;
    let print: String = Sha256::digest(&manifest).iter().map(|b| format!("{b:02x}")).collect();
    contact::write(args, &people)?;
    write_atomic(&args.out.join("README.md"), card::text(args, &people, &made, &print)?.as_bytes())?;
    write_atomic(&fingerprint, format!("{FORMAT} {print}\n").as_bytes())?;

    let speed = |seconds: f64| drawn.len() as f64 * args.pictures() as f64 / seconds.max(1e-9);
    let took = match drawn.is_empty() {
        true => String::new(),
        false => {
            let (all, encoding): (f64, f64) =
                (drawn.iter().map(|one| one.seconds).sum(), drawn.iter().map(|one| one.encoding).sum());
            let threads = rayon::current_num_threads() as f64;
            let (render, whole) = (speed((all - encoding) / threads), speed(all / threads));
            format!("; {render:.0} pictures a second drawn, {whole:.1} with files")
        }
    };
    terminal.print(&format!(
        "{count} pictures of {} people ({} before) in {}{took}: {}\nfingerprint {print}",
        people.len(),
        people.len() - drawn.len(),
        duration(started.elapsed().as_secs_f64()),
        args.out.join("README.md").display(),
    ));
    Ok(End::Done)
}

/// The short form of a digest.
fn short(bytes: &[u8]) -> String {
    files::hexadecimal(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_one_split_and_more_people_leave_the_first_ones() {
        let args = |identities| SynthArgs {
            out: PathBuf::new(),
            identities,
            lights: 1,
            size: 64,
            occluders: 0.3,
            seed: 0,
            threads: None,
        };
        for identities in [3, 10, 57, 1000] {
            let names: std::collections::BTreeSet<String> = args(identities).people().iter().map(Who::name).collect();
            assert_eq!(names.len(), identities as usize);
            for split in ["train", "validation", "test"] {
                assert!(names.iter().any(|name| name.starts_with(split)), "{identities}");
            }
        }
        let few: Vec<String> = args(10).people().iter().map(Who::name).collect();
        let many: Vec<String> = args(100).people().iter().map(Who::name).collect();
        assert!(few.iter().all(|name| many.contains(name)));
    }
}

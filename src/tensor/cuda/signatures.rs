//! What can be checked of the kernels' sources without a GPU.

use super::launch::Kind;
use super::modules::{MODULES, declared, kernels};

#[test]
fn every_kernel_has_parameters_of_known_kinds() {
    let mut count = 0;
    for module in MODULES {
        assert!(!module.source.contains("#include"), "{}: what is included is written out", module.name);
        for (name, parameters) in kernels(module) {
            let kinds = declared(module.name, name).unwrap();
            assert_eq!(kinds.len(), parameters.split(',').count(), "{name}");
            let known = ["*", "unsigned", "float", "double"];
            assert!(parameters.split(',').all(|p| known.iter().any(|k| p.contains(k))), "{name}({parameters})");
            assert!(kinds.contains(&Kind::Pointer), "{name} writes nothing");
            count += 1;
        }
    }
    assert!(count > 50, "{count} kernels");
}

#[test]
fn no_kernel_adds_floats_atomically() {
    for module in MODULES {
        for (_, rest) in module.source.match_indices("atomicAdd").map(|(at, _)| module.source.split_at(at)) {
            assert!(rest.starts_with("atomicAdd(sums +") && rest.contains("(u64)(long long)"), "{}", module.name);
        }
    }
}

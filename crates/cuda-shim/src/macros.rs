//! What a forwarded function is.

/// A block of C functions that forward to `$library`. Status codes are taken as numbers and mapped by `$status`: a library
/// newer than cudarc 0.9 may answer one that its enum lacks, which would be undefined behaviour. A `number fn` answers a
/// plain number, 0 where the library or the function is missing.
macro_rules! forward {
    ($library:ident, $status:path; ) => {};
    ($library:ident, $status:path; fn $name:ident($($a:ident: $t:ty),*) -> $r:ty; $($rest:tt)*) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($a: $t),*) -> $r {
            static AT: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
            let at = *AT.get_or_init(|| $crate::library::symbol($crate::library::$library, stringify!($name)));
            if at == 0 {
                return $status(None);
            }
            // SAFETY: the library's function of this name has cudarc's declaration, its status being a C int; the
            // caller keeps its contract.
            let code = unsafe {
                let function: unsafe extern "C" fn($($t),*) -> u32 = std::mem::transmute(at);
                function($($a),*)
            };
            $status(Some(code))
        }
        forward! { $library, $status; $($rest)* }
    };
    ($library:ident, $status:path; number fn $name:ident() -> $r:ty; $($rest:tt)*) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name() -> $r {
            let at = $crate::library::symbol($crate::library::$library, stringify!($name));
            if at == 0 {
                return 0;
            }
            // SAFETY: as above; it takes nothing.
            unsafe {
                let function: unsafe extern "C" fn() -> $r = std::mem::transmute(at);
                function()
            }
        }
        forward! { $library, $status; $($rest)* }
    };
}

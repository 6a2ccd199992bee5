//! The engine on the command line.

fn main() -> std::process::ExitCode {
    fwlab::cli::main()
}

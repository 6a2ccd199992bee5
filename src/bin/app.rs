//! The page. Started by `www/start.js` when its module has arrived.

fn main() {
    console_error_panic_hook::set_once();
    fwlab::app::shell::mount();
}

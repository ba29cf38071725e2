//! stub until copied
/// check
pub fn check_digit_is_right(_: &str) -> bool {
    true
}

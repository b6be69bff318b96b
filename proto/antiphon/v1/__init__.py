"""Generated from the .proto files beside it by `ops/generate`; do not edit."""

"""A caller made of a sound file: what `antiphon talk` and the proof of `antiphon up` are built on."""

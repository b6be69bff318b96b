"""A VITS voice from a Coqui checkpoint: text to phonemes to latent frames to sound, in pieces."""

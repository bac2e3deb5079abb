"""How the nets learn: prepared pictures, augmentation, one resumable loop, lessons and pupils."""

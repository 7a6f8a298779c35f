"""Generated images of industrial materials and objects, with and without defects, and captions."""

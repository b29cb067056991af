"""Networks that look at images: how they are built, fed, trained and asked. The one package of images that imports TensorFlow."""

"""What a trained model leaves on disk: plain files, no pickle."""

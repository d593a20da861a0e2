namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>A complete image in the store.</summary>
/// <param name="Path">Its directory, directly below an image root; what the keeper is given.</param>
/// <param name="InMemory">It lies on the memory root.</param>
internal sealed record StoredImage(string Path, bool InMemory, ImageRecord Record);

/// <summary>An image asked for: exactly one of <paramref name="Image"/> and <paramref name="Why"/> is set.</summary>
/// <param name="Why">Why there is none (any more), for people.</param>
internal sealed record ImageLookup(StoredImage? Image, string? Why);

/// <summary>A directory that a dump may be written into. It becomes an image by <see cref="ImageStore.Complete"/>, else <see cref="ImageStore.Abandon"/> it.</summary>
internal sealed record ImageDraft(string Path, bool InMemory, ImageKind Kind, string Owner);

namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>Where images lie and how much they may take.</summary>
internal sealed record ImageStoreOptions
{
    /// <summary>Root of images in memory, on a tmpfs; null: none.</summary>
    public string? MemoryRoot { get; init; }

    /// <summary>Root of images on disk.</summary>
    public required string DiskRoot { get; init; }

    /// <value>Bytes of images in memory. A dump that is expected to exceed it goes to disk. Default 512 MiB.</value>
    public long MemoryBytesMax { get; init; } = 512L << 20;

    /// <value>Bytes of images on disk; beyond it the oldest templates go first, and new dumps are refused when that does not suffice. Default 8 GiB.</value>
    public long DiskBytesMax { get; init; } = 8L << 30;

    /// <summary>The roots in the order in which keepers are given them.</summary>
    public IReadOnlyList<string> Roots => MemoryRoot is null ? [DiskRoot] : [MemoryRoot, DiskRoot];
}

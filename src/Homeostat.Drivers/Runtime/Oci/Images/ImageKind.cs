namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>What an image may be used for.</summary>
internal enum ImageKind
{
    /// <summary>Of one instance that sleeps: restored once, moved away before the attempt.</summary>
    Sleep,

    /// <summary>Of a revision: restored any number of times.</summary>
    Template,
}

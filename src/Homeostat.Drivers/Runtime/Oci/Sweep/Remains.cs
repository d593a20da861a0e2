namespace Homeostat.Drivers.Runtime.Oci.Sweep;

internal enum RemainsKind
{
    /// <summary>A keeper, and whatever lives in its cell.</summary>
    Keeper,

    /// <summary>A process in a cell's control group.</summary>
    Process,
    Mount,
    Link,
    ControlGroup,
    FirewallTable,
    Directory,
}

/// <summary>Something on the host that carries the platform's name.</summary>
/// <param name="What">Its name, path or process id.</param>
/// <param name="Cell">The cell it belongs to; null: to the platform as a whole.</param>
internal sealed record Remains(RemainsKind Kind, string What, string? Cell);

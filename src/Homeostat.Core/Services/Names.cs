namespace Homeostat.Core.Services;

/// <summary>Name of a service: a DNS label, so that <c>&lt;service&gt;.localhost</c> is always a host (RFC 1035 2.3.1, 1..63 characters).</summary>
public readonly record struct ServiceName(string Value) : IComparable<ServiceName>
{
    public int CompareTo(ServiceName other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}

/// <summary>Who owns services. A DNS label.</summary>
public readonly record struct TenantName(string Value)
{
    /// <summary>The tenant of a service file that names none.</summary>
    public static readonly TenantName Default = new("default");

    public override string ToString() => Value;
}

/// <summary>An immutable snapshot of a service's spec: the n-th that was applied, counted from 1 and never used again.</summary>
public readonly record struct RevisionId(ServiceName Service, int Number)
{
    /// <summary><c>blog@3</c></summary>
    public override string ToString() => $"{Service}@{Number}";
}

/// <summary>One running (or sleeping) copy of a revision. Unique on a host for ever; goes on through sleep and wake.</summary>
public readonly record struct InstanceId(string Value) : IComparable<InstanceId>
{
    public int CompareTo(InstanceId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}

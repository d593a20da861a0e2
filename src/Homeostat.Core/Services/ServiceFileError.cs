namespace Homeostat.Core.Services;

/// <summary>Something wrong in a service file, with what it is, the rule and what to do.</summary>
/// <param name="Line">Line in the file, from 1; 0 where it concerns the file as a whole.</param>
/// <param name="Column">Column in the line, from 1; 0 where it concerns the file as a whole.</param>
/// <param name="Code">Stable kind of error: one of <see cref="ServiceFileErrorCodes"/>.</param>
/// <param name="Key">The key as a path from the top, e.g. <c>scale.concurrency.limit</c>; empty where no key is concerned.</param>
/// <param name="Message">Value and rule: <c>port is 70000; it must be a whole number 1..65535</c>.</param>
/// <param name="Fix">What to do, a sentence.</param>
/// <param name="Nearest">Of an unknown key the nearest known one, if one is near.</param>
public sealed record ServiceFileError(int Line, int Column, string Code, string Key, string Message, string Fix, string? Nearest = null)
{
    /// <summary><c>line 3: port is 70000; it must be a whole number 1..65535. Write the port the program listens on.</c></summary>
    public override string ToString() => Line == 0 ? $"{Message}. {Fix}" : $"line {Line}: {Message}. {Fix}";
}

/// <summary>The kinds of errors of service files. Never renamed: scripts compare them.</summary>
public static class ServiceFileErrorCodes
{
    public const string Syntax = "syntax";
    public const string TooLarge = "too-large";
    public const string UnknownKey = "unknown-key";
    public const string NotSupported = "not-supported-yet";
    public const string DuplicateKey = "duplicate-key";
    public const string Missing = "missing";
    public const string WrongType = "wrong-type";
    public const string OutOfRange = "out-of-range";
    public const string Invalid = "invalid";
    public const string Conflict = "conflict";

    /// <summary>True of the file, false on this host: a path that does not exist, a command that is not there.</summary>
    public const string Host = "host";
}

/// <summary>Exactly one of a spec and at least one error, ordered by line and column.</summary>
/// <param name="Places">Where each key's value stands, by path (<c>mounts[0].source</c>), so that later checks can point at it.</param>
public sealed record ServiceFileResult(ServiceSpec? Spec, IReadOnlyList<ServiceFileError> Errors, IReadOnlyDictionary<string, ServiceFilePlace> Places);

/// <summary>Line and column from 1; 0 for the file as a whole.</summary>
public sealed record ServiceFilePlace(int Line, int Column);

namespace Homeostat.Core.Replay;

/// <summary>A fingerprint of everything a replay decided (FNV-1a, 64 bits): equal for equal runs, on every machine.</summary>
internal sealed class ReplayDigest
{
    private const ulong Prime = 1099511628211UL;

    public ulong Value { get; private set; } = 14695981039346656037UL;

    public void Add(long number) => Value = (Value ^ unchecked((ulong)number)) * Prime;

    public void Add(string? text)
    {
        foreach (var c in text ?? "")
        {
            Value = (Value ^ c) * Prime;
        }

        Add(text?.Length ?? -1);
    }
}

namespace Homeostat.Drivers.Runtime.Oci.Readiness;

/// <summary>Where the time of a start goes: each mark is the time since the one before.</summary>
internal sealed class Phases(TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private readonly List<KeyValuePair<string, TimeSpan>> _marks = [];
    private long _last = time.GetTimestamp();

    public TimeSpan Total => time.GetElapsedTime(_began);

    public IReadOnlyList<KeyValuePair<string, TimeSpan>> All => _marks;

    /// <summary>A phase of which the parts are known as well, as times since its beginning.</summary>
    public void Mark(string name, IReadOnlyList<KeyValuePair<string, TimeSpan>> parts)
    {
        Mark(name);
        var before = TimeSpan.Zero;
        foreach (var (part, at) in parts)
        {
            _marks.Add(new($"{name}.{part}", at - before));
            before = at;
        }
    }

    public void Mark(string name)
    {
        var now = time.GetTimestamp();
        _marks.Add(new(name, time.GetElapsedTime(_last, now)));
        _last = now;
    }
}

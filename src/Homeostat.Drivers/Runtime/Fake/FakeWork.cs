namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>What a fake program does to the host it runs on.</summary>
/// <param name="Want">Cores it would use from now on.</param>
/// <param name="Hold">Bytes of memory it holds from now on; too many end it.</param>
/// <param name="Served">A request cost it a little CPU.</param>
internal sealed record FakeWork(Action Crash, Action<double> Want, Action<long> Hold, Action Served);

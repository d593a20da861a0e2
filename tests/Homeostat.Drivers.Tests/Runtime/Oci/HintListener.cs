using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>Listens to a driver's hints from the moment it is made. May be left while it waits for one: a bare enumerator would throw then, and hide why the test failed.</summary>
internal sealed class HintListener : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly IAsyncEnumerator<DriverHint> _hints;
    private Task<bool> _next;

    public HintListener(IRuntimeDriver driver)
    {
        _hints = driver.WatchAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
        _next = _hints.MoveNextAsync().AsTask();
    }

    /// <summary>The next hint about an instance.</summary>
    public async Task<DriverHint> NextAsync(string what)
    {
        while (true)
        {
            Assert.True(await _next.Within(what));
            var hint = _hints.Current;
            _next = _hints.MoveNextAsync().AsTask();
            if (hint.Instance is not null)
            {
                return hint;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _hints.DisposeAsync();
        _stop.Dispose();
    }
}

using System.Runtime.InteropServices;

namespace Homeostat.Cli.Commands;

/// <summary>
/// SIGINT and SIGTERM of <c>up</c>: the first asks for a clean stop, each later one for haste. A handler may still run, or begin, on a thread of its own while
/// this is disposed of: it then does nothing.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _hurry = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private bool _disposed;

    /// <param name="cancel">The same as a first signal.</param>
    public StopSignals(CancellationToken cancel)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        (Stop, Hurry) = (_stop.Token, _hurry.Token);
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
    }

    public CancellationToken Stop { get; }

    public CancellationToken Hurry { get; }

    /// <summary>What a signal does. Any thread, at any time.</summary>
    public void Raise()
    {
        CancellationTokenSource source;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            source = _stop.IsCancellationRequested ? _hurry : _stop;
        }

        try
        {
            // Not under the lock: whoever waits for the token goes on here, up to the end of the program.
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Disposed of since: nobody is left to be told.
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        _registrations.ForEach(registration => registration.Dispose());
        _stop.Dispose();
        _hurry.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        Raise();
    }
}

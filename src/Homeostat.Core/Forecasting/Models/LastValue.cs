namespace Homeostat.Core.Forecasting.Models;

/// <summary>What was is what will be: the forecast to beat. On smooth series a step ahead hardly anything does.</summary>
internal sealed class LastValue : IPointModel
{
    private double _last;

    public int Bytes => sizeof(double);

    public void Observe(double value) => _last = value;

    public double Predict(int steps) => _last;
}
